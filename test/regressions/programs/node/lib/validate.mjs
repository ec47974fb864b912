const mailPattern = /^[\w.+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+$/i;

export function validateAccount({ mail, name, phone }) {
  return { mail: validMail(mail), name: cleanName(name), phone: cleanPhone(phone) };
}

function validMail(mail) {
  const plain = mail.trim().toLowerCase();
  return mailPattern.test(plain) ? plain : null;
}

function cleanName(name) {
  return name.trim().replace(/\s+/g, ' ');
}

function cleanPhone(phone) {
  const digits = phone.replace(/[^\d+]/g, '');
  return digits.startsWith('+') ? digits : `+${digits}`;
}
